package org.litestream4j.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.litestream4j.sample.RestoredFiles.RestoredFile;

import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /api/restores}: what the actuator's restore operation has written, to download
 * or to remove.
 */
@RestController
@RequestMapping("/api/restores")
class RestoredFileController {

	private static final MediaType SQLITE = MediaType.parseMediaType("application/vnd.sqlite3");

	private final RestoredFiles files;

	RestoredFileController(RestoredFiles files) {
		this.files = files;
	}

	@GetMapping
	List<RestoredFile> list() {
		return this.files.list();
	}

	@GetMapping("/{name}")
	ResponseEntity<Resource> download(@PathVariable String name) {
		Path file = find(name);
		String disposition = ContentDisposition.attachment().filename(name).build().toString();
		return ResponseEntity.ok()
			.contentType(SQLITE)
			.header(HttpHeaders.CONTENT_DISPOSITION, disposition)
			.header(HttpHeaders.CACHE_CONTROL, "no-store")
			.body(new FileSystemResource(file));
	}

	@DeleteMapping("/{name}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void delete(@PathVariable String name) throws IOException {
		Files.deleteIfExists(find(name));
	}

	private Path find(String name) {
		return this.files.find(name)
			.orElseThrow(() -> new RefusedException(HttpStatus.NOT_FOUND,
					"There is no restored file \"%s\".".formatted(name)));
	}

}
