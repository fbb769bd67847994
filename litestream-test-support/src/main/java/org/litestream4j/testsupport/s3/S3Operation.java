package org.litestream4j.testsupport.s3;

/** What a request to the server asks for, as far as it matters to a replica. */
public enum S3Operation {

	/** {@code ListObjectsV2}, one page. */
	LIST,
	/** {@code GetObject}, whole or a range. */
	GET,
	/** {@code HeadObject}. */
	HEAD,
	/** {@code PutObject}. */
	PUT,
	/** {@code DeleteObject}. */
	DELETE,
	/** {@code DeleteObjects}, up to 1,000 keys. */
	DELETE_BATCH,
	/** {@code CreateMultipartUpload}. */
	CREATE_UPLOAD,
	/** {@code UploadPart}. */
	UPLOAD_PART,
	/** {@code CompleteMultipartUpload}. */
	COMPLETE_UPLOAD,
	/** {@code AbortMultipartUpload}. */
	ABORT_UPLOAD,
	/** {@code ListMultipartUploads}. */
	LIST_UPLOADS,
	/** Anything else, such as creating a bucket. */
	OTHER

}
