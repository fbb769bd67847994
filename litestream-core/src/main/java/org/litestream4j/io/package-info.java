/**
 * The seam between the engine and the file system, which crash tests replace.
 */
@Internal
@NullMarked
package org.litestream4j.io;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
