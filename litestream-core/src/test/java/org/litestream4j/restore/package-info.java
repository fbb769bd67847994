@NullMarked
package org.litestream4j.restore;

import org.jspecify.annotations.NullMarked;
