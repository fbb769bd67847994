@NullMarked
package org.litestream4j.store.tck;

import org.jspecify.annotations.NullMarked;
