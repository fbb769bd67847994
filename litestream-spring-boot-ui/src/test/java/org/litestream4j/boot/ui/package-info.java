@NullMarked
package org.litestream4j.boot.ui;

import org.jspecify.annotations.NullMarked;
