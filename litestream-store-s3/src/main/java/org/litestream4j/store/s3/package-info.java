/**
 * Replicas in S3, and in whatever speaks S3.
 */
@NullMarked
package org.litestream4j.store.s3;

import org.jspecify.annotations.NullMarked;
