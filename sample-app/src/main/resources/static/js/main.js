import { startNotes } from './notes.js';
import { startReplication } from './replication.js';
import { startRestore } from './restore.js';

startNotes();
startRestore();
startReplication();
