/**
 * An S3 server for tests: S3Proxy on a loopback port behind a proxy that counts requests
 * and misbehaves on request.
 */
@NullMarked
package org.litestream4j.testsupport.s3;

import org.jspecify.annotations.NullMarked;
