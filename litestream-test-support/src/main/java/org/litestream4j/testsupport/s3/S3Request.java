package org.litestream4j.testsupport.s3;

import java.net.URI;
import java.util.Locale;
import java.util.Map;

/**
 * A request that reached the server's front door.
 *
 * @param operation what it asks for
 * @param path bucket and key as in the request, percent-encoded, with a leading slash
 * @param headers by lower-case name; the last one wins
 */
public record S3Request(S3Operation operation, String path, Map<String, String> headers) {

	static S3Request of(HttpHead head) {
		String[] parts = head.startLine().split(" ");
		URI target = URI.create(parts[1]);
		String query = (target.getRawQuery() != null) ? target.getRawQuery() : "";
		return new S3Request(operation(parts[0], target.getRawPath(), query), target.getRawPath(), head.headers());
	}

	/** Whether the request's key, encoded, contains a text. */
	public boolean keyContains(String text) {
		return this.path.contains(text);
	}

	private static S3Operation operation(String method, String path, String query) {
		boolean object = path.indexOf('/', 1) > 0 && path.indexOf('/', 1) < path.length() - 1;
		boolean upload = query.contains("uploadId=");
		return switch (method.toUpperCase(Locale.ROOT)) {
			case "GET" -> (!object && isUploads(query)) ? S3Operation.LIST_UPLOADS : (object && !upload)
					? S3Operation.GET : (!object && listing(query)) ? S3Operation.LIST : S3Operation.OTHER;
			case "HEAD" -> object ? S3Operation.HEAD : S3Operation.OTHER;
			case "PUT" -> upload ? S3Operation.UPLOAD_PART : object ? S3Operation.PUT : S3Operation.OTHER;
			case "DELETE" -> upload ? S3Operation.ABORT_UPLOAD : object ? S3Operation.DELETE : S3Operation.OTHER;
			case "POST" ->
				upload ? S3Operation.COMPLETE_UPLOAD : query.startsWith("uploads") ? S3Operation.CREATE_UPLOAD
						: query.startsWith("delete") ? S3Operation.DELETE_BATCH : S3Operation.OTHER;
			default -> S3Operation.OTHER;
		};
	}

	private static boolean isUploads(String query) {
		return query.matches("(.*&)?uploads(=?&.*|=?)");
	}

	private static boolean listing(String query) {
		return query.contains("list-type=2") || query.contains("prefix=") || query.isEmpty();
	}

}
