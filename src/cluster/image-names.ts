// What an image is called in full. Part of the cluster vocabulary: kubelets, scenarios and imports speak of the same images.
// Source: github.com/distribution/reference: ParseNormalizedNamed, TagNameOnly.

const HUB = 'docker.io';

/** The name with its registry and tag: `nginx` is `docker.io/library/nginx:latest`. */
export function fullImageName(name: string): string {
  const first = name.split('/', 1)[0]!;
  const hasRegistry = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const path = hasRegistry ? name : `${HUB}/${name.includes('/') ? name : `library/${name}`}`;
  const short =
    path.startsWith(`${HUB}/`) && path.split('/').length === 2 ? `${HUB}/library/${path.split('/')[1]}` : path;
  const hasTag = /[:@]/.test(short.slice(short.lastIndexOf('/')));
  return hasTag ? short : `${short}:latest`;
}
