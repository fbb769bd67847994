@NullMarked
package org.litestream4j.store;

import org.jspecify.annotations.NullMarked;
