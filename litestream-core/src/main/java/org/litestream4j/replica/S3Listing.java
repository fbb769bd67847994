package org.litestream4j.replica;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Lists a folder of a replica, page by page, in whatever order the store has.
 * Thread-safe.
 */
final class S3Listing {

	private final S3Client client;

	private final S3Location location;

	private final S3Errors errors;

	S3Listing(S3Client client, S3Location location, S3Errors errors) {
		this.client = client;
		this.location = location;
		this.errors = errors;
	}

	/**
	 * The objects directly in a folder.
	 * @param folder below the replica's path
	 * @param visitor gets the last part of each name, and the object
	 */
	void objects(String folder, ObjectVisitor visitor) throws IOException {
		String prefix = this.location.key(folder) + "/";
		pages(folder, flat(prefix), (page) -> {
			for (S3Object object : page.contents()) {
				if (object.key().startsWith(prefix)) {
					visitor.visit(object.key().substring(prefix.length()), object);
				}
			}
			return true;
		});
	}

	/** The names of the folders directly in a folder. */
	Set<String> folders(String folder) throws IOException {
		String prefix = this.location.key(folder) + "/";
		Set<String> names = new LinkedHashSet<>();
		pages(folder, flat(prefix), (page) -> {
			for (CommonPrefix common : page.commonPrefixes()) {
				String name = common.prefix().substring(prefix.length());
				names.add(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
			}
			return true;
		});
		return names;
	}

	/**
	 * Whether any object in a folder, however deep, is wanted. One request, unless there
	 * are many foreign objects.
	 * @param folder below the replica's path
	 * @param wanted is asked for each name below the folder
	 */
	boolean anyObject(String folder, Predicate<String> wanted) throws IOException {
		String prefix = this.location.key(folder) + "/";
		return !pages(folder, request(prefix).maxKeys(100),
				(page) -> page.contents()
					.stream()
					.noneMatch((object) -> object.key().startsWith(prefix)
							&& wanted.test(object.key().substring(prefix.length()))));
	}

	/**
	 * Visits pages as long as the visitor wants more; returns whether it wanted all.
	 */
	private boolean pages(String folder, ListObjectsV2Request.Builder request, Predicate<ListObjectsV2Response> visitor)
			throws IOException {
		Set<String> tokens = new HashSet<>();
		String token = null;
		do {
			ListObjectsV2Request next = request.continuationToken(token).build();
			ListObjectsV2Response page = this.errors.call(S3Action.LIST, folder, () -> this.client.listObjectsV2(next));
			if (!visitor.test(page)) {
				return false;
			}
			token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
			if (token != null && !tokens.add(token)) {
				throw new IOException("cannot list %s of replica %s: the store's pages go in a circle; report it to"
					.formatted(folder, this.location.url()) + " the store's maker");
			}
		}
		while (token != null);
		return true;
	}

	private ListObjectsV2Request.Builder request(String prefix) {
		return ListObjectsV2Request.builder().bucket(this.location.bucket()).prefix(prefix);
	}

	/* The delimiter keeps foreign keys in deeper folders out of the pages. */
	private ListObjectsV2Request.Builder flat(String prefix) {
		return request(prefix).delimiter("/");
	}

	/** Sees each object of a listing. */
	interface ObjectVisitor {

		void visit(String fileName, S3Object object);

	}

}
