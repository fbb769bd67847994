package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes {@code docs/configuration.md} from the configuration metadata that the build has
 * generated.
 */
final class ConfigurationDocument {

	private static final String TYPES = "/META-INF/spring/configuration-metadata/"
			+ LitestreamProperties.class.getName();

	private static final String INTRODUCTION = """
			# Configuration

			<!-- Generated from the configuration metadata. Do not edit: change the Javadoc of LitestreamProperties, then run
			mvn -q -pl litestream-spring-boot-autoconfigure -am test -Dtest=ConfigurationDocumentTests -Dsurefire.failIfNoSpecifiedTests=false -Dlitestream.write-docs=true
			-->

			Durations and sizes are written as everywhere in Spring Boot: `1s`, `PT1S`, `64MB`. A value that makes no sense
			fails start-up, with a description and an action.

			""";

	private static final String REPLICAS = """

			## Replicas

			Below `litestream.replicas[n]`. Give a `url`, or a `type` and its parts, not both: `path` for a directory, `bucket`
			and `path` for S3. `region`, `endpoint`, `force-path-style` and the credentials may stand beside an S3 url; what is
			not given comes from the application's own `S3Client` bean. With several databases put `{database}` into the url or
			path: it stands for the [name of the database](datasources.md#names).

			""";

	private static final String DATABASES = """

			## Single databases

			Below `litestream.databases.<name>`: the [name of the database](datasources.md#names) or of a `DataSource` bean that
			uses it, in any notation (`dataSource`, `data-source`, `DATASOURCE`). With a `path` it may be any name, and the
			database is found by its file. A name that is not that of anything fails the start. What is not given is inherited. A
			list of replicas replaces the shared one.

			""";

	private static final String DIRECTORIES = """

			## Directories

			Below `litestream.directories[n]`: see [tenants.md](tenants.md#directories). What is not given here is as for all
			databases; `litestream.databases.<name>` sets it for one.

			""";

	private static final String PAGE = """

			## The page

			`litestream.ui.enabled`, `litestream.ui.path` and `litestream.ui.allowed-hosts` belong to
			`litestream-spring-boot-ui`: see [ui.md](ui.md).
			""";

	private static final String LISTS = """

			## Lists and environment variables

			Spring Boot takes a list whole, from the source with the highest precedence that has any of its elements. With
			`LITESTREAM_REPLICAS_0_URL` in the environment nothing of `litestream.replicas` in `application.yml` counts any more:
			no second replica, and no `retention` of the first. Set all of it in the environment, or let the file ask for what
			differs: `url: ${REPLICA_URL:file:///var/backups/app}`. Maps are merged: `LITESTREAM_DATABASES_DATASOURCE_ENABLED`
			is added to what the file says of `litestream.databases.dataSource`.
			""";

	private ConfigurationDocument() {
	}

	/** One row. */
	record Property(String name, String type, @Nullable String byDefault, String description) {

		static Property of(JsonNode node) {
			JsonNode byDefault = node.get("defaultValue");
			return new Property(node.get("name").asString(), node.path("type").asString(),
					(byDefault != null) ? byDefault.asString() : null, node.path("description").asString());
		}

		String row(String prefix) {
			String shortType = this.type.replaceAll("[a-z]+\\.(?:[a-z0-9]+\\.)*", "")
				.replaceAll("LitestreamProperties\\$", "");
			return "| `%s%s` | %s | %s | %s |\n".formatted(prefix, this.name,
					shortType.isEmpty() ? "" : "`" + shortType.replaceAll(".*\\$", "") + "`",
					(this.byDefault != null) ? "`" + this.byDefault + "`" : "", this.description);
		}

	}

	static String render() throws IOException {
		return INTRODUCTION + table(shared(), "") + REPLICAS + table(replica(), "") + DATABASES + table(database(), "")
				+ DIRECTORIES + table(directory(), "") + PAGE + LISTS;
	}

	static List<Property> shared() throws IOException {
		return read("/META-INF/spring-configuration-metadata.json");
	}

	static List<Property> replica() throws IOException {
		return read(TYPES + "$Replica.json");
	}

	static List<Property> database() throws IOException {
		return read(TYPES + "$Database.json");
	}

	static List<Property> directory() throws IOException {
		return read(TYPES + "$Directory.json");
	}

	private static String table(List<Property> properties, String prefix) {
		StringBuilder table = new StringBuilder("| property | type | default | meaning |\n|---|---|---|---|\n");
		properties.forEach((property) -> table.append(property.row(prefix)));
		return table.toString();
	}

	private static List<Property> read(String resource) throws IOException {
		try (InputStream in = ConfigurationDocument.class.getResourceAsStream(resource)) {
			if (in == null) {
				throw new IOException(resource + " is missing: the annotation processor did not run");
			}
			List<Property> properties = new ArrayList<>();
			for (JsonNode node : JsonMapper.shared().readTree(in).get("properties")) {
				properties.add(Property.of(node));
			}
			properties.sort(Comparator.comparing(Property::name));
			return properties;
		}
	}

}
