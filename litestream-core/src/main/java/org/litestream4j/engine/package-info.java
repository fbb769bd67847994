/**
 * The parts of one replicated database put together, started and stopped.
 */
@Internal
@NullMarked
package org.litestream4j.engine;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
