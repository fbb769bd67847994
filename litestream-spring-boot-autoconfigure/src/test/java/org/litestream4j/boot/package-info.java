/** Tests. */
@NullMarked
package org.litestream4j.boot;

import org.jspecify.annotations.NullMarked;
