/** Tests. */
@NullMarked
package org.litestream4j.boot.actuate;

import org.jspecify.annotations.NullMarked;
