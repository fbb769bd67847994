/**
 * The replica's vocabulary: names, positions and object names. No input or output.
 */
@NullMarked
package org.litestream4j.format;

import org.jspecify.annotations.NullMarked;
