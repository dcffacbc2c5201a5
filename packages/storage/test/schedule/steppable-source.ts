/**
 * Turns functions that touch shared memory into generators that can be stopped before each access: a `yield` stands
 * before every method of `Atomics` and every `array[index]`, read or written, and callers of such functions delegate
 * to them. Whether an array is shared and whether to stop there is asked when the code runs (`$.at`), so an access
 * costs a call, not a switch.
 *
 *     const found = Atomics.load(cells, word);
 *     const found = ($1 = cells, $2 = word, $.at($1, $2, false) && (yield), Atomics.load($1, $2));
 *
 * Methods and declared functions become steppable, by their names: all of a name do if one has to, in any of the
 * modules. What else there is (constructors, accessors, generators, arrow functions, async functions) runs whole,
 * the steppable functions that it calls included; so do `set`, `fill`, `copyWithin` and views of bytes.
 */

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

export interface Module {
  readonly path: string;
  /** JavaScript, without types. */
  readonly text: string;
  readonly program: Node;
}

/** The names of the functions of `modules` that have to be steppable. */
export function steppableNames(modules: readonly Module[]): ReadonlySet<string> {
  const functions: { name: string; body: Node }[] = [];
  for (const { program } of modules) visit(program, (node) => collectFunction(node, functions));
  const names = new Set<string>();
  for (let count = -1; count < names.size;) {
    count = names.size;
    for (const { name, body } of functions) {
      if (!names.has(name) && hasStep(body, names)) names.add(name);
    }
  }
  return names;
}

function collectFunction(node: Node, functions: { name: string; body: Node }[]): void {
  const name = functionName(node);
  if (name === undefined) return;
  functions.push({
    name,
    body: (node.type === 'MethodDefinition' ? child(node, 'value') : node)['body'] as Node,
  });
}

/** The name by which a function that can become steppable is called. */
function functionName(node: Node): string | undefined {
  const isMethod = node.type === 'MethodDefinition' && node['kind'] === 'method' && node['computed'] !== true;
  if (!isMethod && node.type !== 'FunctionDeclaration') return undefined;
  const played = isMethod ? child(node, 'value') : node;
  if (played['generator'] === true || played['async'] === true) return undefined;
  return nameOf(child(node, isMethod ? 'key' : 'id'));
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node['name'] as string;
  return node.type === 'PrivateIdentifier' ? `#${node['name'] as string}` : undefined;
}

function calledName(node: Node): string | undefined {
  const callee = child(node, 'callee');
  if (callee.type !== 'MemberExpression') return nameOf(callee);
  return callee['computed'] === true ? undefined : nameOf(child(callee, 'property'));
}

function hasStep(body: Node, names: ReadonlySet<string>): boolean {
  let found = false;
  visit(body, (node) => {
    if (isFunction(node)) return false;
    if (node.type === 'CallExpression') {
      const called = calledName(node);
      found ||= atomicsMethod(node) !== undefined || (called !== undefined && names.has(called));
    }
    found ||= node.type === 'MemberExpression' && node['computed'] === true;
    return !found;
  });
  return found;
}

/** The name of the method of `Atomics` that is called. */
function atomicsMethod(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const callee = child(node, 'callee');
  if (callee.type !== 'MemberExpression' || callee['computed'] === true) return undefined;
  return nameOf(child(callee, 'object')) === 'Atomics' ? nameOf(child(callee, 'property')) : undefined;
}

function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|StaticBlock)$/.test(node.type);
}

/**
 * The text of a function body with the parameters `$` (the stepper) and `$imports` (the imported modules in the
 * order of their declarations), which returns what the module exports.
 */
export function steppableText(module: Module, names: ReadonlySet<string>): string {
  return new Renderer(module, names).program();
}

class Renderer {
  readonly #text: string;
  readonly #program: Node;
  readonly #path: string;
  readonly #names: ReadonlySet<string>;
  /** Variables of the steppable function that is being written; `undefined` where code runs whole. */
  #variables: string[] | undefined;
  #exports: string[] = [];
  #imports = 0;

  constructor({ text, program, path }: Module, names: ReadonlySet<string>) {
    this.#text = text;
    this.#program = program;
    this.#path = path;
    this.#names = names;
  }

  program(): string {
    const body = this.#inside(this.#program);
    return `"use strict";${body}\nreturn { ${this.#exports.join(', ')} };`;
  }

  #render(node: Node): string {
    switch (node.type) {
      case 'ImportDeclaration':
        return this.#import(node);
      case 'ExportNamedDeclaration':
        return this.#export(node);
      case 'ExportAllDeclaration':
      case 'ExportDefaultDeclaration':
        throw this.#unsupported(node);
      case 'MethodDefinition':
      case 'FunctionDeclaration':
        return functionName(node) !== undefined && this.#names.has(functionName(node)!)
          ? this.#steppable(node)
          : this.#whole(node);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'PropertyDefinition':
      case 'StaticBlock':
        return this.#whole(node);
      case 'ChainExpression':
        return this.#chain(node);
      case 'CallExpression':
        return this.#call(node);
      case 'MemberExpression':
        return node['computed'] === true && this.#variables !== undefined
          ? this.#read(node)
          : this.#inside(node);
      case 'AssignmentExpression':
        return this.#assignment(node);
      case 'UpdateExpression':
        return this.#update(node);
      case 'ArrayPattern':
      case 'ObjectPattern':
      case 'ForOfStatement':
      case 'ForInStatement':
        return this.#pattern(node);
      default:
        return this.#inside(node);
    }
  }

  /** The text of a node, its children rendered. */
  #inside(node: Node): string {
    let text = '';
    let position = node.start;
    for (const each of childrenOf(node)) {
      if (each.start < position) continue;
      text += this.#text.slice(position, each.start) + this.#render(each);
      position = each.end;
    }
    return text + this.#text.slice(position, node.end);
  }

  #whole(node: Node): string {
    const variables = this.#variables;
    this.#variables = undefined;
    const text = this.#inside(node);
    this.#variables = variables;
    return text;
  }

  #steppable(node: Node): string {
    const isMethod = node.type === 'MethodDefinition';
    const played = isMethod ? child(node, 'value') : node;
    const name = child(node, isMethod ? 'key' : 'id');
    const body = child(played, 'body');
    const head = this.#text.slice(node.start, name.start);
    const parameters = this.#text.slice(name.start, body.start);
    const variables = this.#variables;
    this.#variables = [];
    const inner = this.#inside(body).slice(1);
    const declared = this.#variables.length > 0 ? ` let ${this.#variables.join(', ')};` : '';
    this.#variables = variables;
    return `${head}*${parameters}{${declared}${inner}`;
  }

  #variable(): string {
    const variable = `$${this.#variables!.length + 1}`;
    this.#variables!.push(variable);
    return variable;
  }

  #call(node: Node): string {
    const method = atomicsMethod(node);
    if (method !== undefined)
      return this.#variables === undefined ? this.#inside(node) : this.#atomics(node, method);
    return this.#delegate(node, this.#callText(node));
  }

  /** A call keeps its `this`, so what is called is not taken apart. */
  #callText(node: Node): string {
    const callee = child(node, 'callee');
    const called = callee.type === 'MemberExpression' ? this.#inside(callee) : this.#render(callee);
    let text = called;
    let position = callee.end;
    for (const argument of node['arguments'] as Node[]) {
      text += this.#text.slice(position, argument.start) + this.#render(argument);
      position = argument.end;
    }
    return text + this.#text.slice(position, node.end);
  }

  #delegate(call: Node, text: string): string {
    const name = calledName(call);
    if (name === undefined || !this.#names.has(name)) return text;
    if (this.#variables === undefined) return `$.settle(${text})`;
    if (name.startsWith('#')) return `(yield* ${text})`;
    const result = this.#variable();
    return `(${result} = ${text}, $.isSteps(${result}) ? yield* ${result} : ${result})`;
  }

  #chain(node: Node): string {
    const expression = child(node, 'expression');
    const text = this.#chainText(expression);
    return expression.type === 'CallExpression' ? this.#delegate(expression, text) : text;
  }

  #chainText(node: Node): string {
    const next = node['callee'] ?? node['object'];
    if (!/^(CallExpression|MemberExpression)$/.test(node.type) || !isNode(next)) return this.#render(node);
    let text = this.#chainText(next);
    let position = next.end;
    for (const each of childrenOf(node)) {
      if (each.start < position) continue;
      text += this.#text.slice(position, each.start) + this.#render(each);
      position = each.end;
    }
    return text + this.#text.slice(position, node.end);
  }

  #atomics(node: Node, method: string): string {
    if (method === 'waitAsync') throw this.#unsupported(node);
    const given = (node['arguments'] as Node[]).map((argument) => this.#render(argument));
    if (method === 'pause') return '($.pause() && (yield))';
    if (method === 'wait') return `(yield* $.wait(${given.join(', ')}))`;
    if (method === 'isLockFree') return this.#inside(node);
    const variables = given.map(() => this.#variable());
    const taken = given.map((text, index) => `${variables[index]!} = ${text}`);
    const [array, index] = variables;
    const stop = `$.at(${array!}, ${index!}, ${method !== 'load'}) && (yield)`;
    const owner = method === 'notify' ? '$' : 'Atomics';
    return `(${[...taken, stop].join(', ')}, ${owner}.${method}(${variables.join(', ')}))`;
  }

  /** Assigns an array and an index to variables. */
  #target(node: Node): { taken: string; array: string; index: string } {
    const array = this.#variable();
    const index = this.#variable();
    const object = this.#render(child(node, 'object'));
    const property = this.#render(child(node, 'property'));
    return { taken: `${array} = ${object}, ${index} = ${property}`, array, index };
  }

  #read(node: Node): string {
    const { taken, array, index } = this.#target(node);
    return `(${taken}, $.at(${array}, ${index}, false) && (yield), ${array}[${index}])`;
  }

  #assignment(node: Node): string {
    const target = child(node, 'left');
    if (!this.#isElement(target)) return this.#inside(node);
    const operator = node['operator'] as string;
    if (/^(&&|\|\||\?\?)=$/.test(operator)) throw this.#unsupported(node);
    const { taken, array, index } = this.#target(target);
    const value = this.#render(child(node, 'right'));
    const result = this.#variable();
    const write = `$.at(${array}, ${index}, true) && (yield), ${array}[${index}] = ${result}`;
    if (operator === '=') return `(${taken}, ${result} = ${value}, ${write})`;
    const read = `$.at(${array}, ${index}, false) && (yield), ${result} = ${array}[${index}]`;
    return `(${taken}, ${read}, ${result} = ${result} ${operator.slice(0, -1)} (${value}), ${write})`;
  }

  #update(node: Node): string {
    const target = child(node, 'argument');
    if (!this.#isElement(target)) return this.#inside(node);
    const { taken, array, index } = this.#target(target);
    const before = this.#variable();
    const after = this.#variable();
    const read = `$.at(${array}, ${index}, false) && (yield), ${before} = ${after} = ${array}[${index}]`;
    const write = `$.at(${array}, ${index}, true) && (yield), ${array}[${index}] = ${after}`;
    const result = node['prefix'] === true ? after : before;
    return `(${taken}, ${read}, ${after}${node['operator'] as string}, ${write}, ${result})`;
  }

  #isElement(node: Node): boolean {
    return this.#variables !== undefined && node.type === 'MemberExpression' && node['computed'] === true;
  }

  #pattern(node: Node): string {
    const targets = node.type.startsWith('For') ? [child(node, 'left')] : childrenOf(node);
    if (targets.some((target) => this.#isElement(target))) throw this.#unsupported(node);
    return this.#inside(node);
  }

  #import(node: Node): string {
    const names: string[] = [];
    const imported = `$imports[${this.#imports}]`;
    this.#imports += 1;
    let text = '';
    for (const specifier of node['specifiers'] as Node[]) {
      const local = nameOf(child(specifier, 'local'))!;
      if (specifier.type === 'ImportNamespaceSpecifier') text += `const ${local} = ${imported}; `;
      else if (specifier.type === 'ImportDefaultSpecifier') names.push(`default: ${local}`);
      else names.push(`${nameOf(child(specifier, 'imported'))!}: ${local}`);
    }
    return `${text}const { ${names.join(', ')} } = ${imported};`;
  }

  #export(node: Node): string {
    const declaration = node['declaration'];
    if (isNode(node['source'])) throw this.#unsupported(node);
    if (!isNode(declaration)) {
      for (const specifier of node['specifiers'] as Node[]) {
        this.#exports.push(`${nameOf(child(specifier, 'exported'))!}: ${nameOf(child(specifier, 'local'))!}`);
      }
      return '';
    }
    const declared =
      declaration.type === 'VariableDeclaration' ? (declaration['declarations'] as Node[]) : [declaration];
    for (const each of declared) this.#exports.push(nameOf(child(each, 'id')) ?? '');
    return this.#render(declaration);
  }

  #unsupported(node: Node): Error {
    const line = this.#text.slice(0, node.start).split('\n').length;
    return new Error(`expected code that can be made steppable, got ${node.type} at ${this.#path}:${line}`);
  }
}

/** Calls `look` for `node` and everything in it, except for what is in a node for which it returns false. */
export function visit(node: Node, look: (node: Node) => boolean | void): void {
  if (look(node) === false) return;
  for (const each of childrenOf(node)) visit(each, look);
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter(isNode)
    .sort((left, right) => left.start - right.start);
}

function child(node: Node, property: string): Node {
  return node[property] as Node;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}
