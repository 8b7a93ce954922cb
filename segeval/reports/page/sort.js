"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[table.tBodies.length - 1];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const isText = !head.hasAttribute("data-n");
    const value = (row) => {
      const cell = row.cells[place];
      if (isText) return cell.textContent.trim();
      return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
    };
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const falls = was ? was === "ascending" : !isText;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const order = (a, b) => (isText ? a.localeCompare(b) : a - b) * (falls ? -1 : 1);
      const rows = [...body.rows].map((row) => [value(row), row]);
      rows.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : order(a, b)));
      body.append(...rows.map(([, row]) => row));
    });
  });
}
