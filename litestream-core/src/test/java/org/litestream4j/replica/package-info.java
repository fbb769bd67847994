@NullMarked
package org.litestream4j.replica;

import org.jspecify.annotations.NullMarked;
