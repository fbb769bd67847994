/** Tests. */
@NullMarked
package org.litestream4j.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
