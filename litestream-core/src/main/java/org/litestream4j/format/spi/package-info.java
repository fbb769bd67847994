/**
 * What a replica's format does for those above it: shipping and restoring each say in an
 * interface of their own what they need.
 */
@Internal
@NullMarked
package org.litestream4j.format.spi;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
