"""Strips an AWS service model (service-2.json) to what validation needs: python3 strip.py service-2.json > kinesis-2013-12-02.json"""
import json
import sys

model = json.load(open(sys.argv[1], encoding='utf-8'))
KEPT = ('min', 'max', 'pattern', 'enum', 'exception', 'fault', 'eventstream')


def shape_of(shape):
    kept = {'type': shape['type'], **{key: shape[key] for key in KEPT if key in shape}}
    if 'members' in shape:
        kept['members'] = {name: member['shape'] for name, member in shape['members'].items()}
        if shape.get('required'):
            kept['required'] = shape['required']
    for part in ('member', 'key', 'value'):
        if part in shape:
            kept[part] = shape[part]['shape']
    return kept


operations = {
    name: {
        'input': operation.get('input', {}).get('shape'),
        'output': operation.get('output', {}).get('shape'),
        'errors': [error['shape'] for error in operation.get('errors', [])],
    }
    for name, operation in sorted(model['operations'].items())
}
shapes = {name: shape_of(shape) for name, shape in sorted(model['shapes'].items())}
json.dump({'targetPrefix': model['metadata']['targetPrefix'], 'operations': operations, 'shapes': shapes}, sys.stdout, indent=1)
print()
