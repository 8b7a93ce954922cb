{
  const enlarge = (card) => {
    for (const each of document.querySelectorAll(".large")) {
      each.classList.remove("large");
      each.role = "group";
      each.ariaModal = null;
    }
    if (!card) return;
    card.classList.add("large");
    card.role = "dialog";
    card.ariaModal = "true";
    card.focus();
  };
  const isLarge = (card) => card.classList.contains("large");
  for (const card of document.querySelectorAll(".card")) {
    card.tabIndex = 0;
    card.addEventListener("click", () => enlarge(isLarge(card) ? null : card));
  }
  for (const each of document.querySelectorAll(".keys")) each.hidden = false;
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest(".card");
    if (!card || event.altKey || event.ctrlKey || event.metaKey) return;
    const box = /^[a-z]$/i.test(event.key) && document.getElementById("layer-" + event.key.toUpperCase());
    if (event.key === "Enter") enlarge(isLarge(card) ? null : card);
    else if (event.key === "Escape") enlarge(null);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const next = event.key === "ArrowRight" ? card.nextElementSibling : card.previousElementSibling;
      if (next && isLarge(card)) enlarge(next);
      else next?.focus();
    } else if (box) box.click();
    else if (event.key !== "Tab" || !isLarge(card)) return;
    event.preventDefault();
  });
}
