// Options such as --iou stay on one line, and tables that scroll can be reached by the keyboard.

const OPTION = /(?<![\w-])(--?[a-z][\w-]*)/;

for (const code of document.querySelectorAll(".md-content code")) {
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = text.data.split(OPTION);
    if (parts.length === 1) continue;
    text.replaceWith(...parts.map((part, place) => (place % 2 ? unbroken(part) : part)));
  }
}

function unbroken(option) {
  const element = document.createElement("span");
  element.className = "option";
  element.textContent = option;
  return element;
}

function letKeysScroll() {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
}

addEventListener("load", letKeysScroll);
addEventListener("resize", letKeysScroll);
