export { ColumnError, type Header, type ImportField, KNOWN_COLUMNS } from './import-columns.ts'
export { type ImportLine, importLines } from './import-lines.ts'
