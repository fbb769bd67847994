/**
 * The vocabulary of replicas: names, positions, and how objects are encoded. No input or
 * output but to streams.
 */
@NullMarked
package org.litestream4j.format;

import org.jspecify.annotations.NullMarked;
