@NullMarked
package org.litestream4j.cli;

import org.jspecify.annotations.NullMarked;
