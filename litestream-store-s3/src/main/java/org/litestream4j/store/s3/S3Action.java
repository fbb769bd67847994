package org.litestream4j.store.s3;

/** What is asked of a bucket, and the permission that it needs. */
enum S3Action {

	LIST("list", "s3:ListBucket"), READ("read", "s3:GetObject"), WRITE("write", "s3:PutObject"),
	DELETE("delete", "s3:DeleteObject");

	private final String verb;

	private final String permission;

	S3Action(String verb, String permission) {
		this.verb = verb;
		this.permission = permission;
	}

	String verb() {
		return this.verb;
	}

	/** The IAM action. */
	String permission() {
		return this.permission;
	}

}
