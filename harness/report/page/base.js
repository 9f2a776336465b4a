"use strict";
// What all of the page stands on: one global name (a page from a file may load no modules), and elements made of text
// alone. Names and reasons may come from a hostile peer: nothing here is ever read as markup.

const ticketInterop = {};

(() => {
  const hex = (code, width) => code.toString(16).padStart(width, "0");

  // Text as a person may safely read it: control characters, and those that turn or hide text, are spelt.
  ticketInterop.shown = (text) =>
    String(text).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (found) => {
      const code = found.charCodeAt(0);
      return code < 0x100 ? "\\x" + hex(code, 2) : "\\u" + hex(code, 4);
    });

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      element.setAttribute(name, value === true ? "" : ticketInterop.shown(value));
    }
    for (const child of children.flat()) {
      if (child === undefined || child === null || child === false) continue;
      element.append(child instanceof Node ? child : ticketInterop.shown(child));
    }
    return element;
  };

  ticketInterop.el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

  ticketInterop.svg = (name, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  // A link to another view of this page.
  ticketInterop.here = (hash, attributes, ...children) => ticketInterop.el("a", { ...attributes, href: hash }, ...children);

  // A link to what may be a page of the web; anything else stays text.
  ticketInterop.away = (address, ...children) => {
    const words = children.length ? children : [address];
    if (!/^https?:\/\/[^\s\\]+$/i.test(address)) return ticketInterop.el("span", {}, ...words);
    return ticketInterop.el("a", { href: address, rel: "noopener noreferrer" }, ...words);
  };

  // A link to a file of the results; a path that leaves them stays text.
  ticketInterop.file = (base, path, ...children) => {
    const parts = String(path).split("/");
    const inside = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\\\u0000-\u001f]/.test(part));
    const words = children.length ? children : [path];
    if (!inside || base === null || base === undefined) return ticketInterop.el("span", {}, ...words);
    const address = [...(base === "" ? ["."] : base.split("/")), ...parts].map(encodeURIComponent).join("/");
    return ticketInterop.el("a", { href: address, rel: "noopener noreferrer" }, ...words);
  };

  ticketInterop.number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  ticketInterop.counted = (count, thing) => `${ticketInterop.number(count)} ${thing}${count === 1 ? "" : "s"}`;

  // Seconds as people say them.
  ticketInterop.seconds = (seconds) => {
    const units = [["d", 86400], ["h", 3600], ["min", 60]];
    for (const [unit, size] of units)
      if (seconds >= 2 * size) return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
    return `${Math.round(seconds * 1000) / 1000} s`;
  };

  // A word for a shell, as it is typed.
  ticketInterop.quoted = (word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + String(word).replaceAll("'", "'\\''") + "'";
})();
