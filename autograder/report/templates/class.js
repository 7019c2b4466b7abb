"use strict";

// What is shown is data of strangers: it becomes text and attributes of known elements, never markup.

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const PASSED = "passed", UNTRIED = ["not attempted", "skipped"], NEEDS_STAFF = "needs staff";
let shown = null; // the class as the page has it now

/** An element with these attributes and children; a child that is a string stays text. */
function make(tag, attributes, ...children) {
    const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
}

function replace(id, ...children) {
    byId(id).replaceChildren(...children);
}

function points(value) {
    return String(Math.round(value * 100) / 100);
}

function time(seconds) {
    if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
    return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function counted(number, noun) {
    return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A link to the report of the student at this place. */
function reportOf(place) {
    const student = shown.students[place];
    return make("a", { href: student.href }, student.name);
}

/** Links to the reports of some students in a row, and how many more there are. */
function people(places, most = 8) {
    const row = make("span");
    places.slice(0, most).forEach((place, number) => row.append(number ? ", " : "", reportOf(place)));
    if (places.length > most) row.append(` and ${places.length - most} more`);
    return row;
}

/** Show a class; called once with the page's own data and, while it is graded, again with what came since. */
function show(data) {
    shown = data;
    byId("page").hidden = !data.students.length;
    tellState(data);
    drawFigures(data);
    fillTable(data);
    drawLegend();
    readHash();
}

function tellState({ progress, students }) {
    const { kind, total, made } = progress;
    const when = made.replace("T", " ").slice(0, 16);
    const words = {
        starting: `Getting ready to grade ${counted(total, "submission")}.`,
        running: `Grading: ${students.length} of ${total}. This page follows; nothing need be reloaded.`,
        "cut short": `Cut short at ${when}: what was graded until then. The same command goes on from there.`,
        done: `${counted(students.length, "student")}, as of ${when}.`,
    };
    byId("state").textContent = words[kind];
}
