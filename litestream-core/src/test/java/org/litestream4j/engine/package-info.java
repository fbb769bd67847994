@NullMarked
package org.litestream4j.engine;

import org.jspecify.annotations.NullMarked;
