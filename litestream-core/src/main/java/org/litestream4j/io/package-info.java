/**
 * The seam between the engine and the file system, which crash tests replace.
 */
@NullMarked
package org.litestream4j.io;

import org.jspecify.annotations.NullMarked;
