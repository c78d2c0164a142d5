import { relative } from 'node:path'
import ts from 'typescript'

/** Attributes of which people read or hear the text. */
const spokenAttributes = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-valuetext',
  'hint',
  'label',
  'placeholder',
  'text',
  'title',
])
/** Parts of menus, dialogs and notifications. */
const spokenProperties = new Set(['body', 'buttonLabel', 'detail', 'label', 'message', 'title', 'tip'])

export interface StringUse {
  /** Paths of messages that nothing reads, as `file: path`. */
  unused: string[]
  /** Texts outside the catalogues, and messages read before the language is known. */
  complaints: string[]
}

/**
 * Follows the types: which messages of the catalogues `catalogueFiles` are read in `sourceFiles`, and which texts people
 * would see that come from none.
 */
export function findStringUse(sourceFiles: string[], catalogueFiles: string[], options: ts.CompilerOptions): StringUse {
  const program = ts.createProgram(sourceFiles, options)
  const checker = program.getTypeChecker()
  const messages = new Map<ts.Node, string>()
  for (const path of catalogueFiles) {
    const file = program.getSourceFile(path)
    if (file === undefined) throw new Error(`expected the catalogue ${path} to be among the sources`)
    collectMessages(file, relative(process.cwd(), path), messages)
  }
  const used = new Set<ts.Node>()
  const complaints: string[] = []
  const where = (node: ts.Node) => {
    const file = node.getSourceFile()
    return `${relative(process.cwd(), file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
  }
  const read = (property: ts.Symbol | undefined, node: ts.Node) => {
    for (const declaration of property?.declarations ?? []) {
      if (!messages.has(declaration)) continue
      used.add(declaration)
      if (isText(property, checker) && runsWhenLoaded(node)) {
        complaints.push(`${where(node)}: ${messages.get(declaration)} is read when the module is loaded`)
      }
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) read(checker.getSymbolAtLocation(node.name), node)
    if (ts.isElementAccessExpression(node)) {
      for (const property of chosenProperties(node, checker)) read(property, node)
    }
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name
      if (ts.isIdentifier(name)) read(checker.getTypeAtLocation(node.parent).getProperty(name.text), node)
    }
    if (isReadAsTable(node, checker)) {
      for (const property of checker.getTypeAtLocation(node).getProperties()) read(property, node)
    }
    const text = literalText(node)
    if (text !== undefined) complaints.push(`${where(node)}: “${text}” belongs into the catalogue`)
    ts.forEachChild(node, visit)
  }
  for (const file of program.getSourceFiles()) {
    if (sourceFiles.includes(file.fileName)) visit(file)
  }
  const unused = [...messages].filter(([declaration]) => !used.has(declaration)).map(([, path]) => path)
  return { unused, complaints }
}

function collectMessages(node: ts.Node, path: string, found: Map<ts.Node, string>): void {
  ts.forEachChild(node, child => {
    if (!ts.isPropertyAssignment(child)) return collectMessages(child, path, found)
    const here = `${path}${path.endsWith('.ts') ? ': ' : '.'}${child.name.getText().replaceAll("'", '')}`
    if (ts.isObjectLiteralExpression(child.initializer)) collectMessages(child.initializer, here, found)
    else if (ts.isStringLiteralLike(child.initializer)) found.set(child, here)
  })
}

/** Those that `words[kind]` may mean. */
function chosenProperties(node: ts.ElementAccessExpression, checker: ts.TypeChecker): ts.Symbol[] {
  const keys = checker.getTypeAtLocation(node.argumentExpression)
  const type = checker.getTypeAtLocation(node.expression)
  const literals = keys.isUnion() ? keys.types : [keys]
  return literals.flatMap(key => (key.isStringLiteral() ? (type.getProperty(key.value) ?? []) : []))
}

/** Where a part of a catalogue is used as a table with any key. */
function isReadAsTable(node: ts.Node, checker: ts.TypeChecker): node is ts.Expression {
  if (!ts.isPropertyAccessExpression(node)) return false
  return checker.getContextualType(node)?.getStringIndexType() !== undefined
}

function isText(property: ts.Symbol | undefined, checker: ts.TypeChecker): boolean {
  if (property === undefined) return false
  return (checker.getTypeOfSymbol(property).flags & ts.TypeFlags.StringLike) !== 0
}

function runsWhenLoaded(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isFunctionLike(at) || ts.isPropertyDeclaration(at) || ts.isTypeNode(at)) return false
  }
  return true
}

/** The words of a literal that a person would see; undefined where there are none. */
function literalText(node: ts.Node): string | undefined {
  if (ts.isJsxText(node)) return words(node.text)
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return undefined
  const text = ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(span => span.literal.text)].join('')
    : node.text
  return isShown(node) ? words(text) : undefined
}

/** A word has two letters or more: `×` and `·` are the same in every language. */
function words(text: string): string | undefined {
  return /\p{L}{2,}/u.test(text) ? text.trim() : undefined
}

/** The value of a spoken attribute or property, or a child of an element, also as one of several alternatives. */
function isShown(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isConditionalExpression(parent)) return node !== parent.condition && isShown(parent)
  if (ts.isBinaryExpression(parent)) return isAlternative(parent) && isShown(parent)
  if (ts.isParenthesizedExpression(parent)) return isShown(parent)
  if (ts.isJsxExpression(parent)) return ts.isJsxAttribute(parent.parent) ? isShown(parent) : true
  if (ts.isJsxAttribute(parent)) return spokenAttributes.has(parent.name.getText())
  if (ts.isPropertyAssignment(parent) && node === parent.initializer) {
    return spokenProperties.has(parent.name.getText())
  }
  return false
}

function isAlternative({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return [
    ts.SyntaxKind.BarBarToken,
    ts.SyntaxKind.AmpersandAmpersandToken,
    ts.SyntaxKind.QuestionQuestionToken,
  ].includes(kind)
}
