/**
 * One writer for each replica: its lock file, and the fences by which a new writer takes
 * a replica over. What is decided is pure; what asks the store only carries it out.
 */
@Internal
@NullMarked
package org.litestream4j.lease;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
