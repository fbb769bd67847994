package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

import org.litestream4j.BackupFormat;
import org.litestream4j.LitestreamDatabase;
import org.litestream4j.Replica;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code docs/metrics.md} and {@code docs/endpoint.md} against the code. */
class ReferenceDocumentTests {

	private static final Pattern ROW = Pattern.compile("(?m)^\\| `(litestream\\.[a-z.]+)` \\|[^|]*\\|([^|]*)\\|");

	@TempDir
	private Path directory;

	private static String document(String name) throws IOException {
		return Files.readString(Path.of("../docs", name));
	}

	private static Set<String> quoted(String text) {
		Set<String> found = new TreeSet<>();
		Matcher matcher = Pattern.compile("`([A-Za-z0-9_]+)`").matcher(text);
		while (matcher.find()) {
			found.add(matcher.group(1));
		}
		return found;
	}

	@Test
	void everyMeterWithItsTagsIsOnThePageAndNoOther() throws Exception {
		Set<String> expected = new TreeSet<>();
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		LitestreamMetrics metrics = new LitestreamMetrics(registry);
		try (LitestreamDatabase database = Databases.start(this.directory)) {
			metrics.register(database);
			MonitoringFilesTests.tellAll(metrics);
		}
		Replica.Options ltx = Replica.Options.DEFAULTS.toBuilder().format(BackupFormat.LTX).build();
		try (LitestreamDatabase database = Databases.start(Files.createDirectory(this.directory.resolve("ltx")), ltx)) {
			metrics.register(database);
		}
		String page = document("metrics.md");
		for (Meter meter : registry.getMeters()) {
			if (meter.getId().syntheticAssociation() != null) {
				continue; // a bucket of a histogram
			}
			expected.add(meter.getId().getName());
			Matcher row = ROW.matcher(page);
			while (row.find()) {
				if (row.group(1).equals(meter.getId().getName())) {
					assertThat(quoted(row.group(2))).containsAll(meter.getId()
						.getTags()
						.stream()
						.map(Tag::getKey)
						.filter((key) -> !key.equals("database"))
						.toList());
				}
			}
		}
		Set<String> documented = new TreeSet<>();
		Matcher row = ROW.matcher(page);
		while (row.find()) {
			documented.add(row.group(1));
		}
		assertThat(documented).isEqualTo(expected);
	}

	@Test
	void everyFieldOfAnAnswerIsOnThePage() throws IOException {
		Set<String> fields = new TreeSet<>();
		for (Class<?> answer : LitestreamReport.class.getDeclaredClasses()) {
			for (RecordComponent component : answer.isRecord() ? answer.getRecordComponents()
					: new RecordComponent[0]) {
				fields.add(component.getName());
			}
		}
		assertThat(fields).hasSizeGreaterThan(40);
		assertThat(quoted(document("endpoint.md"))).containsAll(fields);
	}

	@Test
	void everyArgumentOperationAndListingIsOnThePage() throws IOException {
		String page = document("endpoint.md");
		Set<String> arguments = new LinkedHashSet<>();
		for (Method method : LitestreamEndpoint.class.getMethods()) {
			if (method.isAnnotationPresent(ReadOperation.class) || method.isAnnotationPresent(WriteOperation.class)) {
				assertThat(page).contains("`" + method.getName() + "`");
				Arrays.stream(method.getParameters())
					.filter((parameter) -> !parameter.isAnnotationPresent(Selector.class))
					.forEach((parameter) -> arguments.add(parameter.getName()));
			}
		}
		assertThat(arguments).contains("timeout", "before");
		assertThat(quoted(page)).containsAll(arguments);
		assertThat(page).contains("/sync`", "/snapshot`", "/restore`", "/backup`", "/validate`", "/generations`",
				"/snapshots`", "/wal?limit=");
	}

}
