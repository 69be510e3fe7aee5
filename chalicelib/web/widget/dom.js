/** Elements are built, never parsed: whatever a person or a server wrote stays text. */

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, `on…` listeners and children; null and false children are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  node.append(...children.flat(3).filter((child) => child != null && child !== false));
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

const PATHS = {
  in_person: "M12 21s7-5.7 7-11a7 7 0 1 0-14 0c0 5.3 7 11 7 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  off_site: "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
  phone: "M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  video: "M4 6h10a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zM16 11l6-3.5v9L16 13",
  tick: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
  back: "M14 6l-6 6 6 6",
  on: "M10 6l6 6-6 6",
};

/** A drawing that says nothing a neighbouring text does not say. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.on);
  svg.append(path);
  return svg;
}

/** The address when it is one a link may lead to, else undefined. */
export function webAddress(text) {
  return URL.canParse(text ?? "") && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}
