"""Properties and choices of Blender 4.5 that Blender 5 has turned into inputs, or calls otherwise, and what they are there."""

from __future__ import annotations

# (node type, property): the input or property of Blender 5.
MOVED = {
    ("FunctionNodeMatchString", "operation"): "Operation",
    ("GeometryNodeDistributePointsInVolume", "mode"): "Mode",
    ("GeometryNodeFillCurve", "mode"): "Mode",
    ("GeometryNodeFilletCurve", "mode"): "Mode",
    ("GeometryNodeMergeByDistance", "mode"): "Mode",
    ("GeometryNodeMeshToVolume", "resolution_mode"): "Resolution Mode",
    ("GeometryNodePointsToVolume", "resolution_mode"): "Resolution Mode",
    ("GeometryNodeRaycast", "mapping"): "Interpolation",
    ("GeometryNodeRemoveAttribute", "pattern_mode"): "Pattern Mode",
    ("GeometryNodeResampleCurve", "mode"): "Mode",
    ("GeometryNodeSampleGrid", "interpolation_mode"): "Interpolation",
    ("GeometryNodeScaleElements", "scale_mode"): "Scale Mode",
    ("GeometryNodeSetCurveNormal", "mode"): "Mode",
    ("GeometryNodeStringToCurves", "font"): "Font",
    ("GeometryNodeStringToCurves", "overflow"): "Overflow",
    ("GeometryNodeStringToCurves", "align_x"): "Align X",
    ("GeometryNodeStringToCurves", "align_y"): "Align Y",
    ("GeometryNodeStringToCurves", "pivot_mode"): "Pivot Point",
    ("GeometryNodeSubdivisionSurface", "uv_smooth"): "UV Smooth",
    ("GeometryNodeSubdivisionSurface", "boundary_smooth"): "Boundary Smooth",
    ("GeometryNodeTransform", "mode"): "Mode",
    ("GeometryNodeTriangulate", "quad_method"): "Quad Method",
    ("GeometryNodeTriangulate", "ngon_method"): "N-gon Method",
    ("GeometryNodeUVUnwrap", "method"): "Method",
    ("GeometryNodeVolumeToMesh", "resolution_mode"): "Resolution Mode",
    ("ShaderNodeTexSky", "dust_density"): "aerosol_density",
}

# (node type, property, value): what the same choice is called in the two releases, the one to try first before the other.
RENAMED = {
    ("ShaderNodeTexSky", "sky_type", "NISHITA"): ("NISHITA", "SINGLE_SCATTERING"),
    ("ShaderNodeTexSky", "sky_type", "SINGLE_SCATTERING"): ("SINGLE_SCATTERING", "NISHITA"),
    ("ShaderNodeBsdfPrincipled", "subsurface_method", "RANDOM_WALK_LEGACY"): ("RANDOM_WALK_LEGACY", "RANDOM_WALK"),
    ("ShaderNodeSubsurfaceScattering", "falloff", "RANDOM_WALK_LEGACY"): ("RANDOM_WALK_LEGACY", "RANDOM_WALK"),
}


def later(node, name: str, value) -> tuple:
    """The name and value that a property has in Blender 5: a menu takes the labels of its choices."""
    prop = node.bl_rna.properties[name]
    label = prop.enum_items[value].name if prop.type == "ENUM" else value
    return MOVED[node.bl_idname, name], label
