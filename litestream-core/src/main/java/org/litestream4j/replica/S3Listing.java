package org.litestream4j.replica;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
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

	/** Pages in a row without anything in them: a store may skip what is deleted. */
	private static final int MAX_EMPTY = 1000;

	/** 20 million objects; a month of constant writing makes 2.6 million. */
	private static final int MAX_PAGES = 20_000;

	private final S3Client client;

	private final S3Location location;

	private final AwsRequestOverrideConfiguration override;

	private final S3Errors errors;

	S3Listing(S3Client client, S3Location location, AwsRequestOverrideConfiguration override, S3Errors errors) {
		this.client = client;
		this.location = location;
		this.override = override;
		this.errors = errors;
	}

	/**
	 * The objects directly in a folder.
	 * @param folder below the replica's path
	 * @param visitor gets the last part of each name, and the object
	 */
	void objects(String folder, ObjectVisitor visitor) throws IOException {
		String prefix = this.location.key(folder) + "/";
		visit(folder, flat(prefix), prefix, visitor);
	}

	/**
	 * The objects in a folder, however deep.
	 * @param folder below the replica's path
	 * @param visitor gets each name below the folder, and the object
	 */
	void allObjects(String folder, ObjectVisitor visitor) throws IOException {
		String prefix = this.location.key(folder) + "/";
		visit(folder, request(prefix), prefix, visitor);
	}

	private void visit(String folder, ListObjectsV2Request.Builder request, String prefix, ObjectVisitor visitor)
			throws IOException {
		pages(folder, request, (page) -> {
			for (S3Object object : page.contents()) {
				String key = key(object);
				if (key.startsWith(prefix)) {
					visitor.visit(key.substring(prefix.length()), checked(object));
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
				String path = (common.prefix() != null) ? common.prefix() : "";
				if (!path.startsWith(prefix)) {
					throw new S3AnswerException("a listing with a common prefix '%s', where '%s...' was asked for"
						.formatted(S3Errors.words(path), prefix));
				}
				String name = path.substring(prefix.length());
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
					.map(S3Listing::key)
					.noneMatch((key) -> key.startsWith(prefix) && wanted.test(key.substring(prefix.length()))));
	}

	private static String key(S3Object object) {
		if (object.key() == null) {
			throw new S3AnswerException("a listing with an object without a Key");
		}
		return object.key();
	}

	private static S3Object checked(S3Object object) {
		boolean sized = object.size() != null && object.size() >= 0;
		if (!sized || object.lastModified() == null) {
			throw new S3AnswerException("a listing in which %s has no %s".formatted(S3Errors.words(object.key()),
					sized ? "LastModified" : "Size of at least 0"));
		}
		return object;
	}

	/**
	 * Visits pages as long as the visitor wants more; returns whether it wanted all.
	 */
	private boolean pages(String folder, ListObjectsV2Request.Builder request, Predicate<ListObjectsV2Response> visitor)
			throws IOException {
		return this.errors.call(S3Action.LIST, folder, () -> {
			Set<String> tokens = new HashSet<>();
			int empty = 0;
			String token = null;
			do {
				ListObjectsV2Response page = this.client.listObjectsV2(request.continuationToken(token).build());
				requireAsked(request.build(), page);
				if (!visitor.test(page)) {
					return false;
				}
				token = next(page);
				empty = (page.contents().isEmpty() && page.commonPrefixes().isEmpty()) ? empty + 1 : 0;
				if (token != null && (!tokens.add(token) || empty > MAX_EMPTY || tokens.size() > MAX_PAGES)) {
					throw new S3AnswerException("pages of a listing that go in a circle, or have no end");
				}
			}
			while (token != null);
			return true;
		});
	}

	/** A cache that overlooks what was asked for answers with another listing. */
	private static void requireAsked(ListObjectsV2Request request, ListObjectsV2Response page) {
		if (page.name() == null || page.isTruncated() == null) {
			throw new S3AnswerException("no listing");
		}
		String prefix = page.prefix();
		if (prefix != null && !prefix.isEmpty() && !prefix.equals(request.prefix())) {
			throw new S3AnswerException(
					"a listing of '%s', where '%s' was asked for".formatted(S3Errors.words(prefix), request.prefix()));
		}
	}

	private static @Nullable String next(ListObjectsV2Response page) {
		if (!page.isTruncated()) {
			return null;
		}
		String token = page.nextContinuationToken();
		if (token == null || token.isEmpty()) {
			throw new S3AnswerException("a listing that says it goes on, but not where (NextContinuationToken)");
		}
		return token;
	}

	private ListObjectsV2Request.Builder request(String prefix) {
		return ListObjectsV2Request.builder()
			.bucket(this.location.bucket())
			.prefix(prefix)
			.overrideConfiguration(this.override);
	}

	/* The delimiter keeps foreign keys in deeper folders out of the pages. */
	private ListObjectsV2Request.Builder flat(String prefix) {
		return request(prefix).delimiter("/");
	}

	/** Sees each object of a listing. */
	interface ObjectVisitor {

		void visit(String name, S3Object object);

	}

}
