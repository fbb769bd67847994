@NullMarked
package org.litestream4j.store.sftp;

import org.jspecify.annotations.NullMarked;
