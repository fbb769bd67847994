import { startNotes } from './notes.js';

startNotes();
