@NullMarked
package org.litestream4j.database;

import org.jspecify.annotations.NullMarked;
