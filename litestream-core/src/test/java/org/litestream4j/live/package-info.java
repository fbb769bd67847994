@NullMarked
package org.litestream4j.live;

import org.jspecify.annotations.NullMarked;
