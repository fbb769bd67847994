/**
 * What was in a replica when: its restore points, what each of them changed, and queries
 * of any of their states. Reads replicas, and writes nothing but private temporary files.
 */
@NullMarked
package org.litestream4j.history;

import org.jspecify.annotations.NullMarked;
