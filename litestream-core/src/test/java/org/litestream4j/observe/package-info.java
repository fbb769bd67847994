@NullMarked
package org.litestream4j.observe;

import org.jspecify.annotations.NullMarked;
