@NullMarked
package org.litestream4j;

import org.jspecify.annotations.NullMarked;
