/**
 * From properties and {@code DataSource} beans to replicated databases.
 */
@NullMarked
package org.litestream4j.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
