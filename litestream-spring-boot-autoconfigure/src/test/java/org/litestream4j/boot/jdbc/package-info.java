/** Tests. */
@NullMarked
package org.litestream4j.boot.jdbc;

import org.jspecify.annotations.NullMarked;
