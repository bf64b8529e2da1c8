export { type Html, html, type Part } from '../base/html.ts';
