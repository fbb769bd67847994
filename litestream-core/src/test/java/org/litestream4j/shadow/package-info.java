@NullMarked
package org.litestream4j.shadow;

import org.jspecify.annotations.NullMarked;
