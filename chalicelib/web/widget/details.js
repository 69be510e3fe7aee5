/** The details form: the attendee's fields and the service's questions, checked, with errors at their fields. */

import { h } from "./dom.js";

const FIELDS = [
  { name: "first_name", required: true, autocomplete: "given-name", max: 100, half: true },
  { name: "last_name", required: true, autocomplete: "family-name", max: 100, half: true },
  { name: "email", required: true, autocomplete: "email", type: "email", max: 254 },
  { name: "mobile", autocomplete: "tel", type: "tel", max: 32, hint: "mobile_hint" },
  { name: "receive_sms", type: "boolean", hint: "receive_sms_hint" },
];
const NOTES = { name: "notes", type: "long", max: 2000 };
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^\+?[\d\s().-]{7,}$/;

/** A service's question as a field; its text is the organisation's own. */
const asField = (question) => ({
  name: `question ${question.id}`, label: question.text, required: question.required,
  type: question.type === "text" ? "long" : question.type, options: question.options, max: 1000, question: question.id,
});

export const fieldsOf = (service) => [...FIELDS, ...(service.questions ?? []).map(asField), NOTES];

/** What is wrong before the server is asked: field name → text key. */
export function check(fields, form) {
  const wrong = {};
  for (const { name, required, type, question } of fields) {
    const value = form[name];
    const empty = value === undefined || value === "" || (value === false && !question);
    if (empty && required) wrong[name] = "missing";
    else if (name === "email" && !EMAIL.test(value.trim())) wrong[name] = "wrong_email";
    else if (type === "tel" && !empty && !PHONE.test(value.trim())) wrong[name] = "wrong_mobile";
  }
  if (form.receive_sms && !form.mobile?.trim()) wrong.mobile ??= "need_mobile";
  return wrong;
}

/** The attendee as the API takes it; what was left empty is left out. */
export function attendeeOf(fields, form, language) {
  const attendee = { language, receive_sms: Boolean(form.receive_sms) };
  for (const name of ["first_name", "last_name", "email", "mobile", "notes"]) {
    if (form[name]?.trim()) attendee[name] = form[name].trim();
  }
  attendee.answers = fields
    .filter(({ question, name }) => question && form[name] !== undefined && form[name] !== "")
    .map(({ question, name }) => ({ question_id: question, value: form[name] }));
  return attendee;
}

/** Server errors at their fields by JSON pointer; those that fit no field are left out. */
export function placed(problem, fields, attendee) {
  const wrong = {};
  for (const { pointer = "" } of problem.errors) {
    const [, place, name, index] = pointer.split("/");
    const question = name === "answers" && attendee.answers[index]?.question_id;
    const field = place === "attendee" && fields.find((one) => (question ? one.question === question : one.name === name));
    if (field) wrong[field.name] = { email: "wrong_email", mobile: "wrong_mobile" }[name] ?? "wrong";
    else if (place === "attendee" && name === "answers") {
      for (const one of fields) if (one.question && one.required && !(one.name in wrong)) wrong[one.name] = "missing";
    }
  }
  return wrong;
}

const idOf = (field) => `f-${field.name.replaceAll(/\W/g, "-")}`;
const labelOf = (desk, field) => field.label ?? desk.t(field.name);

function control(desk, field, form, described, wrong) {
  const write = (value) => { form[field.name] = value; };
  const common = {
    id: idOf(field), name: field.name, "aria-describedby": described || null,
    "aria-invalid": wrong ? "true" : null, "aria-required": field.required ? "true" : null,
  };
  if (field.type === "choice") {
    return h("select", { ...common, value: form[field.name] ?? "", onchange: (event) => write(event.target.value) },
      h("option", { value: "" }, desk.t("choose")), field.options.map((option) => h("option", { value: option }, option)));
  }
  const text = { ...common, maxlength: field.max, value: form[field.name] ?? "", oninput: (event) => write(event.target.value) };
  if (field.type === "long") return h("textarea", { ...text, rows: 3 });
  return h("input", { ...text, type: field.type ?? "text", autocomplete: field.autocomplete });
}

function radios(desk, field, form, described) {
  const one = (value, word) => h("label", { class: "tick" },
    h("input", {
      type: "radio", name: idOf(field), id: value ? idOf(field) : null, checked: form[field.name] === value,
      "aria-describedby": described || null, onchange: () => { form[field.name] = value; },
    }), desk.t(word));
  return h("div", { class: "pair" }, one(true, "yes"), one(false, "no"));
}

function row(desk, field, form, wrong) {
  const id = idOf(field);
  const said = wrong[field.name] && desk.t(wrong[field.name]);
  const described = [field.hint && `${id}-hint`, said && `${id}-wrong`].filter(Boolean).join(" ");
  const hint = field.hint && h("p", { class: "hint", id: `${id}-hint` }, desk.t(field.hint));
  const error = said && h("p", { class: "wrong", id: `${id}-wrong` }, said);
  if (field.name === "receive_sms") {
    const tick = h("input", {
      type: "checkbox", id, name: field.name, checked: Boolean(form[field.name]), "aria-describedby": described,
      onchange: (event) => { form[field.name] = event.target.checked; },
    });
    return h("div", { class: "field" }, h("label", { class: "tick" }, tick, labelOf(desk, field)), hint, error);
  }
  const mark = !field.required && h("span", { class: "soft" }, ` (${desk.t("optional")})`);
  if (field.type === "boolean") {
    return h("fieldset", { class: "field" },
      h("legend", {}, labelOf(desk, field), mark), error, radios(desk, field, form, described));
  }
  return h("div", { class: field.half ? "field half" : "field" },
    h("label", { for: id }, labelOf(desk, field), mark), hint, error, control(desk, field, form, described, said));
}

/** The whole form; `onDone` is called when nothing is wrong on this side. */
export function detailsForm(desk, { fields, form, wrong, onDone, onWrong }) {
  const bad = fields.filter((field) => wrong[field.name]);
  const summary = bad.length > 0 && h("div", { class: "notice bad", role: "alert" },
    h("p", {}, desk.t("check", { n: bad.length })),
    h("ul", {}, bad.map((field) => h("li", {}, h("button", {
      type: "button", class: "link", onclick: () => desk.stage.querySelector(`#${idOf(field)}`).focus(),
    }, labelOf(desk, field))))));
  const submit = (event) => {
    event.preventDefault();
    const found = check(fields, form);
    if (Object.keys(found).length) onWrong(found);
    else onDone();
  };
  return h("form", { novalidate: true, class: "details", onsubmit: submit },
    summary, fields.map((field) => row(desk, field, form, wrong)),
    h("div", { class: "actions" },
      h("button", { type: "submit", class: "main" }, desk.t("to_review")),
      h("button", { type: "button", class: "quiet", onclick: () => desk.go("time") }, desk.t("back"))));
}

/** Puts the focus on the first field that is wrong. */
export function focusWrong(desk, fields, wrong) {
  const first = fields.find((field) => wrong[field.name]);
  if (first) desk.stage.querySelector(`#${idOf(first)}`).focus();
}
