// Opens CMMN files as bpmn.io's tools do, and prints as JSON what came of each:
// the parser's warnings, the viewer's, and the ids of what it has drawn.
//
//   node open.js FILE...
'use strict';

const fs = require('fs');
const { JSDOM } = require('jsdom');

// jsdom has no layout. These are the parts of SVG that the viewer computes with;
// nothing of what it is asked here depends on their values.
class SVGMatrix {
  constructor() { Object.assign(this, { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }); }
  inverse() { return this; }
  multiply() { return this; }
  translate() { return this; }
  scale() { return this; }
  rotate() { return this; }
}

class Transforms {
  constructor() { this.items = []; }
  get numberOfItems() { return this.items.length; }
  clear() { this.items = []; }
  getItem(i) { return this.items[i]; }
  initialize(item) { this.items = [item]; return item; }
  appendItem(item) { this.items.push(item); return item; }
  consolidate() { return this.items[0] || null; }
  createSVGTransformFromMatrix(matrix) { return { matrix }; }
}

function addGeometry(window) {
  const element = window.SVGElement.prototype;
  const identity = () => new SVGMatrix();
  const transform = () => ({ matrix: identity(), setTranslate() {}, setScale() {}, setRotate() {}, setMatrix() {} });
  Object.assign(element, {
    getBBox: () => ({ x: 0, y: 0, width: 10, height: 10 }),
    getComputedTextLength: () => 10,
    getScreenCTM: identity,
    getCTM: identity,
    createSVGMatrix: identity,
    createSVGTransform: transform,
    createSVGTransformFromMatrix: transform,
    createSVGPoint: () => ({ x: 0, y: 0, matrixTransform() { return this; } }),
  });
  Object.defineProperty(element, 'transform', {
    get() { return this.transforms || (this.transforms = { baseVal: new Transforms() }); },
  });
}

function parse(xml) {
  const { default: Moddle } = require('esm')(module)('cmmn-moddle');
  const moddle = new Moddle();
  return new Promise(done => moddle.fromXML(xml, 'cmmn:Definitions', {}, (err, _, context) =>
    done([].concat(err ? err.message : [], (context.warnings || []).map(w => w.message)))));
}

function view(xml) {
  const Viewer = require('cmmn-js/dist/cmmn-viewer.development.js');
  const viewer = new Viewer({ container: document.body });
  return new Promise(done => viewer.importXML(xml, (err, warnings) => {
    const drawn = viewer.get('elementRegistry').filter(e => e.type !== 'label' && e.parent).map(e => e.id);
    done({ viewer: [].concat(err ? err.message : [], (warnings || []).map(w => w.message)), drawn });
  }));
}

async function main(files) {
  const { window } = new JSDOM('<!DOCTYPE html><body></body>', { pretendToBeVisual: true });
  addGeometry(window);
  const { document, navigator, Element, Node, SVGElement } = window;
  Object.assign(global, { window, document, Element, Node, SVGElement, SVGMatrix });
  Object.defineProperty(global, 'navigator', { value: navigator, configurable: true }); // newer Node has one of its own
  const results = {};
  for (const file of files) {
    const xml = fs.readFileSync(file, 'utf8');
    results[file] = Object.assign({ parser: await parse(xml) }, await view(xml));
  }
  process.stdout.write(JSON.stringify(results));
}

main(process.argv.slice(2));
