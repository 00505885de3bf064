package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
)

// Image is a container image of one layer.
type Image struct {
	Name       string // with its tag, such as liferooms:e2e
	Entrypoint []string
	Cmd        []string
	Env        []string
	User       string // uid:gid
	// Files are what the image holds, by absolute path. The folders on the way to them are added.
	Files map[string]File
}

// File is a file of this machine that From names (links are followed), a text, or a link within the image.
type File struct {
	From string
	Text string
	Link string
	Mode int64 // 0: as the file of this machine, 0644 for a text
}

// Write writes the image to the file at the path. Two images of the same content are the same bytes.
func (i Image) Write(to string) (err error) {
	layer, err := i.layer()
	if err != nil {
		return fmt.Errorf("make the image %s: %w", i.Name, err)
	}
	config, err := json.Marshal(map[string]any{
		"os": "linux", "architecture": runtime.GOARCH,
		"config": map[string]any{"Entrypoint": i.Entrypoint, "Cmd": i.Cmd, "Env": i.Env, "User": i.User},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return fmt.Errorf("make the image %s: %w", i.Name, err)
	}
	configName := digest(config) + ".json"
	manifest, err := json.Marshal([]map[string]any{{"Config": configName, "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return fmt.Errorf("make the image %s: %w", i.Name, err)
	}
	file, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("make the image %s: %w", i.Name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := tar.NewWriter(file)
	for _, part := range []struct {
		name    string
		content []byte
	}{{"layer.tar", layer}, {configName, config}, {"manifest.json", manifest}} {
		if err := write(w, tar.Header{Name: part.name, Mode: 0o644}, part.content); err != nil {
			return fmt.Errorf("make the image %s: %w", i.Name, err)
		}
	}
	return w.Close()
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (i Image) layer() ([]byte, error) {
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	folders := map[string]bool{"/": true}
	for _, name := range slices.Sorted(maps.Keys(i.Files)) {
		if err := addFolders(w, folders, path.Dir(name)); err != nil {
			return nil, err
		}
		if err := add(w, name, i.Files[name]); err != nil {
			return nil, err
		}
	}
	// Every program may write to /tmp, where the file system lets it.
	if !folders["/tmp"] {
		if err := w.WriteHeader(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return layer.Bytes(), nil
}

func addFolders(w *tar.Writer, have map[string]bool, folder string) error {
	if have[folder] {
		return nil
	}
	if err := addFolders(w, have, path.Dir(folder)); err != nil {
		return err
	}
	have[folder] = true
	return w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(folder, "/") + "/", Typeflag: tar.TypeDir, Mode: 0o755})
}

func add(w *tar.Writer, name string, f File) error {
	header := tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: f.Mode}
	switch {
	case f.Link != "":
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, f.Link, 0o777
		return w.WriteHeader(&header)
	case f.From != "":
		content, err := os.ReadFile(f.From)
		if err != nil {
			return err
		}
		info, err := os.Stat(f.From)
		if err != nil {
			return err
		}
		if header.Mode == 0 {
			header.Mode = int64(info.Mode().Perm())
		}
		return write(w, header, content)
	default:
		if header.Mode == 0 {
			header.Mode = 0o644
		}
		return write(w, header, []byte(f.Text))
	}
}

func write(w *tar.Writer, header tar.Header, content []byte) error {
	header.Typeflag, header.Size = tar.TypeReg, int64(len(content))
	if err := w.WriteHeader(&header); err != nil {
		return err
	}
	_, err := io.Copy(w, bytes.NewReader(content))
	return err
}
