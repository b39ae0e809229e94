// Excerpts in the search's results say each formula once: without KaTeX's copies for the eye and for TeX.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return; // any page but the search's
  const plain = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".katex-html, annotation").forEach((copy) => copy.remove());
    return plain(page.documentElement.outerHTML, anchor);
  };
});
