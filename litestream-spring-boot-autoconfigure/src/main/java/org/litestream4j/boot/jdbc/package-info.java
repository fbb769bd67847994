/**
 * Watches an application's connections, so that its commits are noticed at once.
 */
@NullMarked
package org.litestream4j.boot.jdbc;

import org.jspecify.annotations.NullMarked;
